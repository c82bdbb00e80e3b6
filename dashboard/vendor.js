// SPDX-License-Identifier: BSD-2-Clause
// What the dashboard takes from others, made into preact.js by esbuild.
import { h, render, Fragment } from 'preact';
import htm from 'htm';

export { h, render, Fragment };
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback }
  from 'preact/hooks';
export const html = htm.bind(h);
