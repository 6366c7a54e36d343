import { lazy, Route, Router } from 'preact-iso';
import { Forgot } from './forgot.tsx';
import { Invitation } from './invitation.tsx';
import { Reset } from './reset.tsx';

const Activate = lazy(() => import('./activate.tsx').then((module) => module.Activate));
const Register = lazy(() => import('./register.tsx').then((module) => module.Register));
const Publish = lazy(() => import('./publish.tsx').then((module) => module.Publish));
const OidcCallback = lazy(() => import('./oidc-callback.tsx').then((module) => module.OidcCallback));

/** Pages that need no sign-in. */
export function Outside() {
  return (
    <Router>
      <Route path="/invitation" component={Invitation} />
      <Route path="/reset" component={Reset} />
      <Route path="/forgot" component={Forgot} />
      <Route path="/activate" component={Activate} />
      <Route path="/register" component={Register} />
      <Route path="/publish" component={Publish} />
      <Route path="/oidc/callback" component={OidcCallback} />
      <Route default component={Forgot} />
    </Router>
  );
}
