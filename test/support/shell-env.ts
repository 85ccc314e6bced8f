/**
 * The environment as a person's own shell has it: without what `npm test` and jest tell their children, such as the folder
 * of npm's global packages (npm_config_prefix), which would go before a test's own setting.
 */
export const shellEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) && name !== 'NODE_OPTIONS'),
  );
