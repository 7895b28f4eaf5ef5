import { expect, test } from 'vitest';
import { reference } from '../../bin/command/reference.ts';

test('the reference of the commands is what they print: `npm run docs` writes it anew', async () => {
  // Act
  const text = await reference();

  // Assess
  await expect(text).toMatchFileSnapshot('../../docs/commands.md');
});
