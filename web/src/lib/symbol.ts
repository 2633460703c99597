/** `XNAS:AAPL` is read as AAPL on screen; the exchange is said where two could be meant. */

export function shortSymbol(symbol: string): string {
  return symbol.slice(symbol.indexOf(':') + 1);
}
