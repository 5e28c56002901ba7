import { NotAboard } from '../../components/not-aboard.tsx';

export default function NoSuchSession() {
  return (
    <NotAboard title="There is no such session.">
      It has expired, it was deleted, or it belongs to another guest.
    </NotAboard>
  );
}
