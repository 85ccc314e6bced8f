/** ora, by a name of its own: a default export would change its meaning between a file of the bundle and node. */
export { default as ora } from 'ora';
