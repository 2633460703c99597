/** Live regions for screen readers: polite for results, assertive for errors; at most one polite message in two seconds. */

const pause = 2000;
let waiting: string | undefined;
let last = 0;

function region(kind: 'polite' | 'assertive'): HTMLElement {
  const id = `announce-${kind}`;
  let element = document.getElementById(id);
  if (!element) {
    element = document.createElement('div');
    element.id = id;
    element.className = 'sr-only';
    element.setAttribute('aria-live', kind);
    element.setAttribute('role', kind === 'assertive' ? 'alert' : 'status');
    document.body.append(element);
  }
  return element;
}

export function announce(message: string, kind: 'polite' | 'assertive' = 'polite'): void {
  if (kind === 'assertive') {
    region('assertive').textContent = message;
    return;
  }
  const now = Date.now();
  if (now - last >= pause) {
    last = now;
    region('polite').textContent = message;
    return;
  }
  const scheduled = waiting !== undefined;
  waiting = message;
  if (!scheduled) {
    setTimeout(() => {
      last = Date.now();
      region('polite').textContent = waiting ?? '';
      waiting = undefined;
    }, pause - (now - last));
  }
}
