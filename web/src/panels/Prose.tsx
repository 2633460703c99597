/** Text of a panel: paragraphs, lists, bold and code of Markdown. Built from elements, never from HTML. */

import type { ReactNode } from 'react';

function inline(line: string): ReactNode[] {
  return line.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((piece, index) => {
    if (piece.startsWith('**')) return <strong key={index}>{piece.slice(2, -2)}</strong>;
    if (piece.startsWith('`')) return <code key={index} className="mono text-[0.95em]">{piece.slice(1, -1)}</code>;
    return piece;
  });
}

export function Prose({ content }: { content: string }) {
  const blocks = content.split(/\n{2,}/).filter((block) => block.trim());
  return (
    <div className="max-w-prose space-y-2 text-sm">
      {blocks.map((block, index) => {
        const lines = block.split('\n');
        if (lines.every((line) => /^\s*[-*] /.test(line))) {
          return (
            <ul key={index} className="list-disc pl-5">
              {lines.map((line, at) => <li key={at}>{inline(line.replace(/^\s*[-*] /, ''))}</li>)}
            </ul>
          );
        }
        if (block.startsWith('#')) return <h3 key={index} className="font-semibold">{inline(block.replace(/^#+\s*/, ''))}</h3>;
        return <p key={index}>{inline(lines.join(' '))}</p>;
      })}
    </div>
  );
}
