import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown } from './markdown.tsx';

const render = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

describe('Markdown', () => {
  it('opens links beside the page, and tells their target nothing of it', () => {
    expect(render('[docs](https://example.com/)')).toContain(
      '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">docs</a>',
    );
  });

  it.each(['javascript:alert(1)', 'data:text/html,x'])('writes a link to %s as its words alone', (address) => {
    expect(render(`[here](${address})`)).toContain('<p>here</p>');
  });

  it('leaves the direction of writing to the text', () => {
    expect(render('שלום')).toContain('dir="auto"');
  });
});
