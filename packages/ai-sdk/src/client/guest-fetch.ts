/** A `fetch` that asks once more after a 401: a browser without the guest's cookie is given one with it. */
export function guestFetch(plain: typeof fetch = (input, init) => fetch(input, init)): typeof fetch {
  return async (input, init) => {
    const response = await plain(input, init);
    return response.status === 401 ? plain(input, init) : response;
  };
}
