import { useEffect } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { Notices } from './components/feedback.tsx';
import { focusContent, Home } from './components/routing.tsx';
import { Shell } from './components/shell.tsx';
import { NotFound } from './routes/not-found.tsx';
import { Sessions } from './routes/sessions.tsx';
import { SignIn } from './routes/sign-in.tsx';
import { followInbox } from './state/inbox.ts';
import { limited, loadTenant, settingUp, user } from './state/session.ts';

const Live = lazy(() => import('./routes/live.tsx').then((module) => module.Live));
const Students = lazy(() => import('./routes/students.tsx').then((module) => module.Students));
const StudentPage = lazy(() => import('./routes/student.tsx').then((module) => module.StudentPage));
const Courses = lazy(() => import('./routes/courses.tsx').then((module) => module.Courses));
const CoursePage = lazy(() => import('./routes/course.tsx').then((module) => module.CoursePage));
const ClassPhotoPage = lazy(() => import('./routes/class-photo.tsx').then((module) => module.ClassPhotoPage));
const Institution = lazy(() => import('./routes/institution.tsx').then((module) => module.Institution));
const Requests = lazy(() => import('./routes/requests.tsx').then((module) => module.Requests));
const Reports = lazy(() => import('./routes/reports.tsx').then((module) => module.Reports));
const Recordings = lazy(() => import('./routes/recordings.tsx').then((module) => module.Recordings));
const RecordingPage = lazy(() => import('./routes/recording.tsx').then((module) => module.RecordingPage));
const Cameras = lazy(() => import('./routes/cameras.tsx').then((module) => module.Cameras));
const Account = lazy(() => import('./routes/account.tsx').then((module) => module.Account));
const Notifications = lazy(() => import('./routes/notifications.tsx').then((module) => module.Notifications));
const SetUpFactor = lazy(() => import('./routes/set-up-factor.tsx').then((module) => module.SetUpFactor));
const Outside = lazy(() => import('./routes/outside.tsx').then((module) => module.Outside));
const Scan = lazy(() => import('./routes/scan.tsx').then((module) => module.Scan));
const StudentPages = lazy(() => import('./routes/mine/pages.tsx').then((module) => module.StudentPages));

export function App() {
  useEffect(followInbox, []);
  return (
    <LocationProvider>
      <ErrorBoundary>
        <View />
      </ErrorBoundary>
      <Notices />
    </LocationProvider>
  );
}

/** Pages that a link in a mail opens, whether somebody is signed in or not. */
const OUTSIDE = /^\/(invitation|reset|activate|register|forgot|publish|oidc\/callback)\/?$/;

function View() {
  const { path } = useLocation();
  if (OUTSIDE.test(path)) return <Outside />;
  if (!user.value) return <SignIn />;
  if (limited.value || settingUp.value) return <SetUpFactor />;
  return user.value.role === 'student' ? <StudentPages /> : <SignedIn />;
}

function SignedIn() {
  useEffect(() => {
    loadTenant();
  }, []);
  return (
    <Shell>
      <Router onRouteChange={() => focusContent()}>
        <Route path="/" component={Sessions} />
        <Route path="/sign-in" component={Home} />
        <Route path="/sessions/:id" component={Live} />
        <Route path="/students" component={Students} />
        <Route path="/students/:id" component={StudentPage} />
        <Route path="/courses" component={Courses} />
        <Route path="/courses/:id" component={CoursePage} />
        <Route path="/courses/:id/class-photo" component={ClassPhotoPage} />
        <Route path="/cameras" component={Cameras} />
        <Route path="/recordings" component={Recordings} />
        <Route path="/recordings/:id" component={RecordingPage} />
        <Route path="/institution/:view?" component={Institution} />
        <Route path="/requests/:view?" component={Requests} />
        <Route path="/reports/:view?" component={Reports} />
        <Route path="/scan" component={Scan} />
        <Route path="/account" component={Account} />
        <Route path="/notifications" component={Notifications} />
        <Route default component={NotFound} />
      </Router>
    </Shell>
  );
}
