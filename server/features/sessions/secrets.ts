/** What sealed bytes of faces are for; authenticated with them. */
export const templatePurpose = (studentId: string): string => `face-template:${studentId}`;
export const reviewPurpose = (sessionId: string): string => `review:${sessionId}`;
