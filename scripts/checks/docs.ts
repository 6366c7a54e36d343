/** Every relative link in the documentation must lead to a file, and every `#anchor` to a heading in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../../config/paths.ts';

const LINK = /\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g;
const HEADING = /^#{1,6}\s+(.*)$/gm;

function pages(): string[] {
  const top = readdirSync(projectRoot).filter((name) => name.endsWith('.md'));
  const docs = existsSync(join(projectRoot, 'docs'))
    ? readdirSync(join(projectRoot, 'docs'), { recursive: true })
    : [];
  return [...top, ...docs.map((name) => join('docs', String(name)))].filter((name) => name.endsWith('.md'));
}

/** GitHub's way to make an anchor from a heading. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

function problemsOf(page: string): string[] {
  const text = withoutCode(readFileSync(join(projectRoot, page), 'utf8'));
  const problems: string[] = [];
  for (const match of text.matchAll(LINK)) {
    const target = match[1] ?? '';
    if (/^[a-z]+:/i.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(projectRoot, join(projectRoot, dirname(page), path));
    if (!existsSync(join(projectRoot, file))) {
      problems.push(`${page}: ${target} does not exist`);
    } else if (anchor && file.endsWith('.md')) {
      const headings = [...readFileSync(join(projectRoot, file), 'utf8').matchAll(HEADING)];
      const known = headings.map((heading) => anchorOf((heading[1] ?? '').replace(/`/g, '')));
      if (!known.includes(anchor)) problems.push(`${page}: ${file} has no heading #${anchor}`);
    }
  }
  return problems;
}

const problems = pages().flatMap(problemsOf);
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
