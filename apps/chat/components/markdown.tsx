import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';

const plugins = [remarkGfm];
/** A picture in a model's words would call out to whatever address it names. */
const leftOut = ['img'];

/** What an assistant wrote. Raw HTML in it stays text. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="written">
      <ReactMarkdown remarkPlugins={plugins} disallowedElements={leftOut}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
