/** The program of this project. Scripts let it write weights files, so that the format has one writer. */
import { readFileSync } from 'node:fs';
import { output } from '../scripts/project.mjs';

/** Runs a command of the program, built if need be, and returns what it prints. */
export const stgan = (...args) => output('cargo', ['run', '--release', '--quiet', '--', ...args.map(String)]);

/**
 * Options of `stgan init` for benchmarks: all numbers as large as in a trained network, so that a contender which
 * ignores a bias or the last layer gives other answers.
 */
export const LIVELY = ['--biases', '0.1', '--last-gain', String(Math.SQRT1_2)];

/** The bytes of a file, as a buffer of their own. */
export const bytesOf = (file) => new Uint8Array(readFileSync(file)).buffer;
