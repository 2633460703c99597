import { fireEvent, render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Panel } from '@/api/types';
import { TooltipProvider } from '@/components/Tooltip';
import { PanelView } from './PanelView';

const show = (panel: Partial<Panel>) => render(<TooltipProvider><PanelView panel={{ id: 'p', title: 'A panel', kind: 'text', ...panel }} /></TooltipProvider>);

describe('a panel is drawn by its kind', () => {
  it('metrics', () => {
    show({ kind: 'metrics', metrics: [{ label: 'Return', value: -0.0123, format: 'percentage', color_condition: 'sign' }] });
    expect(screen.getByText('\u22121.23%').className).toContain('text-loss');
  });
  it('table, with its own sentence when it is empty', () => {
    show({ kind: 'table', columns: [{ field: 'symbol', header: 'Symbol', format: 'text' }], rows: [], empty: 'No positions on 15 June' });
    expect(screen.getByText('No positions on 15 June')).toBeTruthy();
  });
  it('table, keeping a row whose value is absent', () => {
    show({ kind: 'table', columns: [{ field: 'symbol', header: 'Symbol', format: 'text' }, { field: 'market_value', header: 'Value', format: 'currency' }], rows: [{ symbol: 'CNR', market_value: { absent: { code: 'missing_price', why: 'missing_price: XTSE:CNR' } } }] });
    expect(screen.getByText('CNR')).toBeTruthy();
    expect(screen.getByText('missing price')).toBeTruthy();
  });
  it('text, as elements and never as markup', () => {
    show({ kind: 'text', content: 'Value **rose**.\n\n- one\n- two\n\n<img src=x onerror=alert(1)>' });
    expect(screen.getByText('rose').tagName).toBe('STRONG');
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
    expect(document.querySelector('img')).toBeNull();
  });
  it('chart, with its table twin behind a button and the key t', () => {
    show({ kind: 'chart', chart: { kind: 'donut', title: 'Sectors', y: { unit: { kind: 'fraction' } }, series: [{ name: 'Weight', points: [['Energy', 0.25], ['Health Care', 0.75]] }], text: 'Health Care is largest.' } });
    expect(screen.queryByRole('table')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: /table/ }));
    expect(screen.getByRole('table').textContent).toContain('75.00%');
    fireEvent.keyDown(screen.getByRole('figure'), { key: 't' });
    expect(screen.queryByRole('table')).toBeNull();
  });
  it('chart that has a negative part is not drawn as a ring', () => {
    const { container } = show({ kind: 'chart', chart: { kind: 'pie', series: [{ name: 'Gain', points: [['a', 0.5], ['b', -0.2]] }] } });
    expect(container.querySelector('circle')).toBeNull();
  });
  it('absent chart and unknown kind say so', () => {
    show({ kind: 'chart', chart: { absent: { code: 'insufficient_data', why: 'insufficient_data: one day' } } });
    expect(screen.getByText('insufficient_data: one day')).toBeTruthy();
    show({ kind: 'hologram' });
    expect(screen.getByText(/does not draw panels of the kind “hologram”/)).toBeTruthy();
  });
});
