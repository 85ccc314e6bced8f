// What programs get that import rolecall; its types are those of src/index.ts.
export {
  AwsError,
  ConflictError,
  InterruptedError,
  open,
  RolecallError,
  UsageError,
} from './main.ts';
