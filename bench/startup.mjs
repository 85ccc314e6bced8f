// How fast the commands start that need no AWS: against bare node in the same run.
import { figure, LAUNCH, ROLECALL, wall } from './measure.mjs';

const bare = { name: 'node -e 0', value: await wall('node', ['-e', '0'], { times: 21 }) };
figure('launch --help', await wall('node', [LAUNCH, '--help'], { times: 21 }), bare, 2.5);
const render = ['render', '--role', 'memcached', '--env', 'prod', '--context', 'b'];
figure('rolecall render', await wall('node', [ROLECALL, ...render], { times: 21 }), bare, 2.5);
