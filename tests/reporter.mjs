/** Says at the end of a run what came out, and fails one in which no test was run: all of them skipped is no success. */
export default class Summary {
  #start = performance.now();
  #outcomes = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };

  onBegin(_config, suite) {
    this.suite = suite;
  }

  onEnd() {
    for (const test of this.suite.allTests()) this.#outcomes[test.outcome()]++;
    const { expected, unexpected, flaky, skipped } = this.#outcomes;
    const seconds = Math.round((performance.now() - this.#start) / 1000);
    console.log(`tests: ${expected} passed, ${unexpected + flaky} failed, ${skipped} skipped, in ${seconds} s`);
    if (expected + unexpected + flaky > 0) return undefined;
    console.error('error: no test was run');
    return { status: 'failed' };
  }
}
