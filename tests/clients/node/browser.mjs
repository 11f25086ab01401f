// The user's browser of the scripts in this folder: the test that started the script. A line on the standard output says
// what to open, a line on the standard input where the client's redirect URI was opened.
import { createInterface } from 'node:readline';

/** Has the user open `url` and sign in; gives the URL that the client is called back with. */
export async function visit(url) {
  process.stdout.write(`${JSON.stringify({ open: `${url}` })}\n`);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return new URL(line);
  throw new Error('the browser came back with nothing');
}
