import { describe, expect, it } from 'vitest';
import { fold, searchPatterns } from './search.ts';

describe('fold', () => {
  it.each([
    ['Işık', 'isik'],
    ['IŞIK', 'isik'],
    ['İpek ÇAĞLAYAN', 'ipek caglayan'],
    ['  Ömer   Ünal ', 'omer unal'],
    ['Straße', 'strasse'],
    ['Айгүл', 'аигул'],
    ['S-101', 's-101'],
  ])('%s → %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });
});

describe('searchPatterns', () => {
  it('looks for every word, and takes wildcards for letters', () => {
    expect(searchPatterns('Ayşe yıl')).toEqual(['%ayse%', '%yil%']);
    expect(searchPatterns('100% a_b')).toEqual(['%100\\%%', '%a\\_b%']);
    expect(searchPatterns('   ')).toEqual([]);
  });
});
