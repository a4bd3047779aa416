import type { JsonValue } from '@formaops/core';
import type { FoundJson } from './judge.ts';
import { createJsonScanner } from './scan-json.ts';

/** A failed try can cost an exception, and a hostile text can hold a million fences. */
const maxFencedBlocks = 64;

/**
 * Finds the JSON in what a model wrote: the whole text, else the first Markdown code block that is JSON, else the
 * longest array or object in the midst of prose. Takes time in proportion to the length of the text. Nothing is found
 * that nests deeper than 512 levels.
 *
 * JSON that was begun and is broken or cut off yields nothing, never a fragment of it.
 *
 * @returns undefined when the text holds no JSON.
 */
export function extractJson(text: string): FoundJson | undefined {
  return readWhole(text) ?? readFenced(text) ?? readEmbedded(text);
}

function readWhole(text: string): FoundJson | undefined {
  return found('whole', text);
}

function readFenced(text: string): FoundJson | undefined {
  for (const block of fencedBlocks(text).take(maxFencedBlocks)) {
    const json = found('fenced', block);
    if (json !== undefined) return json;
  }
  return undefined;
}

function readEmbedded(text: string): FoundJson | undefined {
  const scanAt = createJsonScanner(text);
  let longest = '';
  for (let start = nextOpening(text, 0); start < text.length; ) {
    const scan = scanAt(start);
    if (!scan.isComplete && scan.looksLikeJson) return undefined;
    if (scan.isComplete && scan.end - start > longest.length) longest = text.slice(start, scan.end);
    // Going on behind what was read, and not behind `start`, keeps the time linear and fragments out.
    start = nextOpening(text, scan.end);
  }
  return found('embedded', longest);
}

function found(extraction: FoundJson['extraction'], text: string): FoundJson | undefined {
  // This also removes the byte order mark and the non-breaking spaces that JSON does not allow.
  const json = text.trim();
  if (isOpening(json[0]) && !isOneContainer(json)) return undefined;
  try {
    return { value: JSON.parse(json) as JsonValue, extraction };
  } catch {
    return undefined;
  }
}

/** Asked before JSON.parse, for which the depth of nesting has no limit but memory. */
function isOneContainer(json: string): boolean {
  const { isComplete, end } = createJsonScanner(json)(0);
  return isComplete && end === json.length;
}

function isOpening(character: string | undefined): boolean {
  return character === '{' || character === '[';
}

/** The contents of code blocks as CommonMark 0.31, section 4.5, defines them, but with any indentation. */
function* fencedBlocks(text: string): Generator<string, undefined> {
  let opened: { fence: string; contentAt: number } | undefined;
  for (let lineAt = 0; lineAt < text.length; ) {
    const newline = text.indexOf('\n', lineAt);
    const nextLineAt = newline === -1 ? text.length : newline + 1;
    const line = text.slice(lineAt, nextLineAt).trim();
    if (opened === undefined) {
      const fence = openingFence(line);
      if (fence !== '') opened = { fence, contentAt: nextLineAt };
    } else if (line.startsWith(opened.fence) && line === runOf(opened.fence.charAt(0), line)) {
      yield text.slice(opened.contentAt, lineAt);
      opened = undefined;
    }
    lineAt = nextLineAt;
  }
  if (opened !== undefined) yield text.slice(opened.contentAt);
}

/** The backticks or tildes that open a code block on this line; empty when none is opened. */
function openingFence(line: string): string {
  const backticks = runOf('`', line);
  // Further backticks make it code within a line.
  if (backticks.length >= 3 && !line.includes('`', backticks.length)) return backticks;
  const tildes = runOf('~', line);
  return tildes.length >= 3 ? tildes : '';
}

function runOf(mark: string, line: string): string {
  let end = 0;
  while (line[end] === mark) end++;
  return line.slice(0, end);
}

function nextOpening(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isOpening(text[at])) at++;
  return at;
}
