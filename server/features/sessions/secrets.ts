/** What sealed bytes of live sessions are for; authenticated with them. */
export const templatePurpose = (studentId: string): string => `face-template:${studentId}`;
export const reviewPurpose = (sessionId: string): string => `review:${sessionId}`;
