/** A further portfolio. */

import { PageHeader } from '@/frame/PageHeader';
import { text } from '@/text';
import { PortfolioForm } from './FirstPortfolio';

export function NewPortfolioPage() {
  return (
    <>
      <PageHeader title={text.portfolio.create} />
      <PortfolioForm />
    </>
  );
}
