import { useCases } from '../../api/use-cases.ts';
import { noteText } from '../../scripts/script.ts';
import { counted, printable } from '../../text.ts';
import { faultDocuments } from '../../yaml/faults.ts';
import { command } from '../command.ts';
import { catalogueOptions, OUTPUT } from '../options.ts';
import { print } from '../print.ts';

/** `rolecall validate`: every fault of the catalogue at once (exit 2), or one line that it is sound. */
export default command({
  options: { ...catalogueOptions, output: OUTPUT },
  examples: [['rolecall validate', 'check the roles.yaml of this folder or of one above it']],
  run: async (values, host) => {
    const { catalogue, notes } = await useCases(values, host).validate();
    const { label, path, roles, environments, contexts } = catalogue;
    const found = [
      counted(roles.length, 'role'),
      counted(environments.length, 'environment'),
      counted(contexts.length, 'context'),
    ];
    for (const note of notes) host.user.tell(`note: ${printable(noteText(note))}`);
    return await print(values.output, host, {
      text: () => `${label}: no faults (${found.join(', ')})\n`,
      document: () => ({ catalogue: path, faults: [], notes: faultDocuments(notes) }),
    });
  },
});
