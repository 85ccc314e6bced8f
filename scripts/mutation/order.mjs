/** Jest's order of test files: the one in ROLECALL_TEST_ORDER, so that the tests that most often find a fault come first. */
export default class Order {
  sort(tests) {
    const order = JSON.parse(process.env['ROLECALL_TEST_ORDER'] ?? '[]');
    return [...tests].sort((one, other) => order.indexOf(one.path) - order.indexOf(other.path));
  }
  cacheResults() {}
}
