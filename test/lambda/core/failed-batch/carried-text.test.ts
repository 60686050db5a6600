import { describe, expect, it } from 'vitest';
import {
  MAX_METADATA_CHARACTERS,
  toAttributeText,
  toMetadataText,
} from '../../../../lambda/core/failed-batch/carried-text.ts';

describe('toMetadataText', () => {
  it.each([
    ['aws/lambda/u-1/orders-3/2026/11/24/x', 'aws/lambda/u-1/orders-3/2026/11/24/x'],
    ['a b\n\té😀', 'a%20b%0A%09%C3%A9%F0%9F%98%80'],
    ['\ud800', '%EF%BF%BD'],
    ['', ''],
  ])('carries %j', (given, carried) => {
    expect(toMetadataText(given)).toBe(carried);
  });

  it('is cut', () => {
    expect(toMetadataText('é'.repeat(1024))).toHaveLength(MAX_METADATA_CHARACTERS);
  });
});

describe('toAttributeText', () => {
  it.each([
    ['orders-3 offsets 1 to 2\n\té😀', 'orders-3 offsets 1 to 2\n\té😀'],
    ['a\u0000b\u001fc\ufffe\ud800', 'a b c  '],
  ])('carries %j', (given, carried) => {
    expect(toAttributeText(given)).toBe(carried);
  });

  it('is cut', () => {
    expect(toAttributeText('x'.repeat(20_000))).toHaveLength(10_000);
  });
});
