// All of rolecall in one bundle, of which the two programs and the package's index are small parts.
export { start } from '../cli/main.ts';
export {
  AwsError,
  ConflictError,
  InterruptedError,
  open,
  RolecallError,
  UsageError,
} from '../index.ts';
