import { describe, expect, test } from '@jest/globals';
import { vmBudget, vmSize } from '../../src/vm/budget.ts';

describe('the size of virtual machines', () => {
  test('is 512 MiB and a vCPU, unless the environment says otherwise', () => {
    expect(vmSize({})).toEqual({ memoryMib: 512, vcpus: 1 });
    expect(vmSize({ ROLECALL_VM_MEMORY_MIB: '2048', ROLECALL_VM_CPUS: '2' })).toEqual({
      memoryMib: 2048,
      vcpus: 2,
    });
  });

  test.each([
    [{ ROLECALL_VM_MEMORY_MIB: '64' }, 'ROLECALL_VM_MEMORY_MIB must be a whole number from 192 to 65536: 64'],
    [{ ROLECALL_VM_MEMORY_MIB: '1g' }, 'ROLECALL_VM_MEMORY_MIB must be a whole number from 192 to 65536: 1g'],
    [{ ROLECALL_VM_CPUS: '0' }, 'ROLECALL_VM_CPUS must be a whole number from 1 to 16: 0'],
    [{ ROLECALL_VM_CPUS: '-1' }, 'ROLECALL_VM_CPUS must be a whole number from 1 to 16: -1'],
  ])('is refused where it can not be: %j', (env, message) => {
    expect(() => vmSize(env)).toThrow(message);
  });
});

describe('the room of this computer', () => {
  const size = { memoryMib: 512, vcpus: 1 };
  test.each([
    ['memory', 'kvm', 4096, 16, 5, '4096 MiB are free'],
    ['memory, also that of translated code', 'tcg', 4096, 16, 3, '4096 MiB are free'],
    ['processors', 'tcg', 65_536, 2, 4, '2 processors'],
    ['processors, more of them with KVM', 'kvm', 65_536, 2, 16, '2 processors'],
    ['nothing: one machine may always try', 'tcg', 100, 1, 1, '100 MiB are free'],
  ] as const)('is bounded by %s', (_, how, available, cores, machines, why) => {
    const budget = vmBudget(size, how, available, cores);
    expect(budget.machines).toBe(machines);
    expect(budget.sentence).toContain(`room for ${machines} ${machines === 1 ? 'machine' : 'machines'} `);
    expect(budget.sentence).toContain(`512 MiB and 1 vCPU a machine`);
    expect(budget.sentence).toContain(`(${why})`);
  });
});
