import { expect, test } from '@playwright/test';
import { findings, refusal } from '../src/report.ts';

const report = (kind, lenses, ...warnings) => ({ kind, lenses, confidence: 0.9, warnings });
const texts = (...args) => findings(report(...args)).map(({ text }) => text);

test('a report says what was done, then what to check', () => {
  expect(texts('untouched', 'clear')).toEqual(['Lenses: clear']);
  expect(texts('cut-out', 'tinted', 'uncertain', 'arms-removed')).toEqual([
    'Background removed',
    'Temple arms removed',
    'Lenses: tinted',
    'Check the edges and the lenses',
  ]);
  expect(findings(report('cleaned', 'opaque', 'low-resolution')).map(({ attention }) => attention)).toEqual([
    false,
    true,
  ]);
});

test('warnings of a later version are skipped', () => {
  expect(texts('cleaned', 'mirrored', 'polished', 'specks-removed')).toEqual([
    'Stray pixels removed',
    'Lenses: mirrored',
  ]);
});

test('each reason to refuse an image has a remedy, and other failures have none', () => {
  for (const code of ['no-glasses-found', 'busy-ground', 'not-a-front-view', 'too-small']) {
    expect(refusal(code).advice).toMatch(/Use a/);
  }
  expect(refusal('fetch')).toBe(null);
});
