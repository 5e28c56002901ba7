import { NoSuchSession } from '../../components/no-such-session.tsx';
import { getServices } from '../../lib/services.ts';

export default function NotFound() {
  return <NoSuchSession agentIds={getServices().agents.map(({ agent }) => agent.id)} />;
}
