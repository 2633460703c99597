import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// React's own updates outside of events are flushed by `act`.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

afterEach(cleanup);
