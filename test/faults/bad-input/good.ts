/** A catalogue without a fault, with every kind of thing in it that generators spoil. */
export const GOOD_CATALOGUE = `version: 1
name: inputs
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: inputs-rolecall
prefix: team/
apps:
  shop: { path: shop, command: "true" }
defaults:
  instance_type: t3.micro
  timeout: 90s
  tags: { team: core }
environments: { prod: {}, staging: { instance_type: t3.small } }
contexts: { a: {}, b: { timeout: 2m } }
roles:
  web:
    description: serves pages
    app: shop
    environments:
      prod: { instance_types: [m5.large, t3.micro] }
  cache:
    modules: [memcached]
`;
