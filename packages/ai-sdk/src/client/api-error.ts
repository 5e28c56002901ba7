import type { ErrorBody } from '../http/error-response.ts';

type Told = ErrorBody['error'];

/** What a route has answered instead: its code is one of the table in reference/errors.md, or UNREADABLE where none came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly path: string | undefined;
  readonly turnId: string | undefined;
  readonly freesAt: number | null | undefined;

  constructor(status: number, { code, message, path, turnId, freesAt }: Told) {
    super(message);
    this.status = status;
    this.code = code;
    this.path = path;
    this.turnId = turnId;
    this.freesAt = freesAt;
  }
}

/** The error that a response tells of; something between may have answered in words of its own. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const told = toldIn(await response.text());
  return new ApiError(
    response.status,
    told ?? { code: 'UNREADABLE', message: `the server answered ${response.status}` },
  );
}

/** The error in the text of a response; null where it is another text. */
function toldIn(text: string): Told | null {
  try {
    const body: unknown = JSON.parse(text);
    return isErrorBody(body) ? body.error : null;
  } catch {
    return null;
  }
}

export function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return false;
  return typeof error.code === 'string' && typeof error.message === 'string';
}
