/** What the assistant knows of the world, so that it needs no network. Prices are dollars. */
export type Asset = {
  readonly symbol: string;
  readonly name: string;
  readonly kind: 'stock' | 'crypto';
  readonly price: number;
  readonly yearAgo: number;
};

const assets: readonly Asset[] = [
  { symbol: 'AAPL', name: 'Apple', kind: 'stock', price: 227.5, yearAgo: 189.25 },
  { symbol: 'MSFT', name: 'Microsoft', kind: 'stock', price: 415, yearAgo: 370.5 },
  { symbol: 'NVDA', name: 'Nvidia', kind: 'stock', price: 141.75, yearAgo: 49.5 },
  { symbol: 'AMZN', name: 'Amazon', kind: 'stock', price: 202.5, yearAgo: 143.75 },
  { symbol: 'GOOG', name: 'Alphabet', kind: 'stock', price: 173, yearAgo: 137.25 },
  { symbol: 'TSLA', name: 'Tesla', kind: 'stock', price: 342, yearAgo: 234.5 },
  { symbol: 'KO', name: 'Coca-Cola', kind: 'stock', price: 63.5, yearAgo: 58 },
  { symbol: 'ORCL', name: 'Oracle', kind: 'stock', price: 187.5, yearAgo: 115.75 },
  { symbol: 'BTC', name: 'Bitcoin', kind: 'crypto', price: 91_500, yearAgo: 37_250 },
  { symbol: 'ETH', name: 'Ether', kind: 'crypto', price: 3125, yearAgo: 2010 },
];

export const stocks = assets.filter(({ kind }) => kind === 'stock');

export function findAsset(symbol: string): Asset | null {
  return assets.find((asset) => asset.symbol === symbol) ?? null;
}

/** In the order in which the text names them, by symbol or by name. */
export function assetsIn(text: string): Asset[] {
  const words: string[] = text.match(/[\p{L}-]+/gu) ?? [];
  const placeOf = ({ symbol, name }: Asset) => words.findIndex((word) => word === symbol || word === name);
  const named = assets.map((asset) => ({ asset, place: placeOf(asset) })).filter(({ place }) => place >= 0);
  return named.toSorted((one, other) => one.place - other.place).map(({ asset }) => asset);
}
