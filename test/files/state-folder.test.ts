import { userInfo } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { stateFolder } from '../../src/files/state-folder.ts';

describe('the state folder', () => {
  test('is in XDG_STATE_HOME, or below the home', () => {
    expect(stateFolder({ XDG_STATE_HOME: '/var/x', HOME: '/home/u' })).toBe('/var/x/rolecall');
    expect(stateFolder({ HOME: '/home/u' })).toBe('/home/u/.local/state/rolecall');
  });

  test('ignores a relative XDG_STATE_HOME, as the specification says', () => {
    expect(stateFolder({ XDG_STATE_HOME: 'state', HOME: '/home/u' })).toBe('/home/u/.local/state/rolecall');
    expect(stateFolder({ XDG_STATE_HOME: '', HOME: '/home/u' })).toBe('/home/u/.local/state/rolecall');
  });

  test.each([undefined, '', 'home'])('is in the home that the system knows where HOME is %p', (HOME) => {
    expect(stateFolder({ HOME })).toBe(`${userInfo().homedir}/.local/state/rolecall`);
  });
});
