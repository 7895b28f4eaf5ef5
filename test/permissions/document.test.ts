import { expect, test } from 'vitest';
import { permissionsDocument } from './document.ts';

test('docs/permissions.md is what the table of roles says: `npm run docs` writes it anew', async () => {
  // Act
  const text = permissionsDocument();

  // Assess
  await expect(text).toMatchFileSnapshot('../../docs/permissions.md');
});
