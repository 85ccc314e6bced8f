/** Takes the place of the package string-width in the bundle (scripts/build.mjs). */
export { widthOf as default } from '../text.ts';
