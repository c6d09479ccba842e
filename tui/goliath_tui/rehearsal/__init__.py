"""A training simulator: both native APIs with twenty months behind them, and a gateway at work.

Nothing here knows the screens, the cache or the poller: it is on the far side of the network, as a
real gateway and a real tracker are. Three kinds of modules:

- the story, pure functions of (scenario, seed, anchor): `catalogue`, `travel`, `bugs`, `plan`,
  `people`, `demand`, `accounts`, `found`, tied together by `history`;
- the actors, which really do it now: `backends`, `gateway`, `driver` over HTTP on loopback;
- the desk, which tells both over the native API: `lanes`, `feeds`, `api`, and `server`.
"""
