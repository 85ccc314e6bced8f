import type { Offering } from '../launch/offerings.ts';

/** As people name it: `m7i.large in eu-central-1a`, spot machines with that word. */
export const offeringText = ({ instanceType, subnet, zone, market }: Offering): string => {
  const place = subnet ?? zone;
  return `${instanceType}${market === 'spot' ? ' spot' : ''}${place === undefined ? '' : ` in ${place}`}`;
};
