import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

const plugins = [remarkGfm];
/** A picture in a model's words would call out to whatever address it names. */
const leftOut = ['img'];

const components: Components = {
  // An address that may not be followed, such as one of javascript:, comes here empty.
  a: ({ href = '', children }) =>
    href === '' ? (
      children
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ),
  // What is wider than the page is scrolled on its own, by the keyboard too.
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section aria-label="Table" tabIndex={0} className="wide">
      <table>{children}</table>
    </section>
  ),
};

/** What an assistant wrote. Raw HTML in it stays text. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div dir="auto" className="written">
      <ReactMarkdown remarkPlugins={plugins} disallowedElements={leftOut} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
