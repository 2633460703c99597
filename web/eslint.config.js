import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'vite.config.ts'],
    extends: [...ts.configs.strictTypeChecked, jsxA11y.flatConfigs.strict, reactHooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // The router signals redirects by throwing them.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      // A row grid and a chart take focus on purpose: they are read with the arrow keys.
      'jsx-a11y/no-noninteractive-tabindex': 'off',
      'jsx-a11y/no-noninteractive-element-interactions': 'off',
      'jsx-a11y/label-has-associated-control': ['error', { assert: 'either', depth: 3 }],
      // Forms open with the cursor in their first field; the dialog itself is what the user asked for.
      'jsx-a11y/no-autofocus': 'off',
      // Table and virtualiser keep their own caches and are read in the same render.
      'react-hooks/incompatible-library': 'off',
    },
  },
  {
    files: ['scripts/**', 'dev/**', 'e2e/**', '*.js', 'public/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
);
