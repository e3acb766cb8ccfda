/** `Symbol.dispose`, or a substitute on platforms without it. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);
