/** Prints a summary at the end of a run. A run in which every test was skipped fails. */
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
    console.error('error: no test ran; all of them were skipped or filtered out');
    return { status: 'failed' };
  }
}
