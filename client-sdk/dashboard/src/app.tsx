import { useEffect } from 'preact/hooks';
import { LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { Notices } from './components/feedback.tsx';
import { Shell } from './components/shell.tsx';
import { ForStaffOnly } from './routes/for-staff-only.tsx';
import { NotFound } from './routes/not-found.tsx';
import { Sessions } from './routes/sessions.tsx';
import { SignIn } from './routes/sign-in.tsx';
import { loadTenant, user } from './state/session.ts';

const Live = lazy(() => import('./routes/live.tsx').then((module) => module.Live));
const Students = lazy(() => import('./routes/students.tsx').then((module) => module.Students));
const StudentPage = lazy(() => import('./routes/student.tsx').then((module) => module.StudentPage));
const Courses = lazy(() => import('./routes/courses.tsx').then((module) => module.Courses));
const CoursePage = lazy(() => import('./routes/course.tsx').then((module) => module.CoursePage));
const Reports = lazy(() => import('./routes/reports.tsx').then((module) => module.Reports));
const Cameras = lazy(() => import('./routes/cameras.tsx').then((module) => module.Cameras));

export function App() {
  return (
    <LocationProvider>
      {view()}
      <Notices />
    </LocationProvider>
  );
}

function view() {
  if (!user.value) return <SignIn />;
  return user.value.role === 'student' ? <ForStaffOnly /> : <SignedIn />;
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
        <Route path="/cameras" component={Cameras} />
        <Route path="/reports/:view?" component={Reports} />
        <Route default component={NotFound} />
      </Router>
    </Shell>
  );
}

function Home() {
  const { route } = useLocation();
  useEffect(() => route('/', true), [route]);
  return null;
}

/** After a change of page the keyboard and the screen reader start at its content, as after a real page load. */
function focusContent(): void {
  scrollTo(0, 0);
  document.getElementById('content')?.focus({ preventScroll: true });
}
