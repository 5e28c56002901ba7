/**
 * The answer to HEAD is that to GET without its body. Hosts leave that body alone, neither read nor cancelled, and a
 * stream would go on for ever.
 */
export async function headOnly(request: Request, response: Response): Promise<Response> {
  if (request.method !== 'HEAD') return response;
  await response.body?.cancel();
  return new Response(null, response);
}
