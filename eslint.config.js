// SPDX-License-Identifier: EUPL-1.2

import js from '@eslint/js';

const browser = ['document', 'window', 'location', 'fetch', 'URL', 'AbortController', 'setTimeout', 'clearTimeout',
  'requestAnimationFrame', 'getComputedStyle', 'matchMedia', 'history', 'console', 'DOMParser', 'FormData', 'URLSearchParams',
  'IntersectionObserver', 'ResizeObserver', 'MutationObserver', 'CustomEvent', 'EventSource', 'navigator', 'performance'];
const node = ['process', 'console', 'URL', 'setTimeout', 'clearTimeout', 'fetch', 'Buffer', 'AbortController', 'TextDecoder'];
const readable = (names) => Object.fromEntries(names.map((n) => [n, 'readonly']));

export default [
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-properties': ['error',
        { property: 'innerHTML', message: 'textContent ou des éléments : ce qui vient du réseau n\'est pas du HTML.' },
        { property: 'outerHTML', message: 'textContent ou des éléments.' }],
    },
  },
  { files: ['web/islands/**'], languageOptions: { globals: readable(browser) } },
  // the functions given to page.evaluate run in the browser
  { files: ['e2e/**'], languageOptions: { globals: readable([...node, ...browser]) } },
];
