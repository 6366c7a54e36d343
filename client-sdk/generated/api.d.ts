// Made from openapi.json by scripts/openapi.ts; changes belong into the server's schemas.

export interface paths {
    "/api/v1/attendance/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A record
         * @description Its version is the ETag. Students see their own records only.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AttendanceRecord"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `record-not-found`: There is no such attendance record. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        /**
         * Correct a record
         * @description A person’s word wins over the machine’s from then on. The version that the person saw comes as `If-Match` or in the body; where somebody else was faster the answer is `version-conflict` with the record as it stands.
         */
        put: {
            parameters: {
                query?: never;
                header?: {
                    "if-match"?: string;
                };
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        note?: string | null;
                        status: "present" | "late" | "excused" | "absent";
                        /** @description The version that was corrected; or as `If-Match`. */
                        version?: number;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AttendanceRecord"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `record-not-found`: There is no such attendance record. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `version-conflict`: The record was changed in the meantime; `details.record` is how it stands now. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `version-required`: Say which version you saw: `If-Match` or `version`. */
                428: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attendance/manual": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a student by hand
         * @description The equal alternative to the camera; also after the session has closed.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        note?: string | null;
                        /**
                         * Format: uuid
                         * @description The class session; it may be closed.
                         */
                        sessionId: string;
                        status: "present" | "late" | "excused" | "absent";
                        /**
                         * Format: uuid
                         * @description A student enrolled in its course.
                         */
                        studentId: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AttendanceRecord"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-enrolled`: The student is not enrolled in the course of this session. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with e-mail address and password
         * @description After five wrong passwords an account has to wait, longer each time.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        email: string;
                        /** Format: password */
                        password: string;
                    };
                };
            };
            responses: {
                /** @description Names as in RFC 6749. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenAnswer"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `wrong-credentials`: E-mail address or password are wrong. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `account-disabled`: This account is disabled. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the sign-in that a refresh token belongs to
         * @description The access token stays valid until it expires.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        refresh_token: string;
                    };
                };
            };
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The signed-in user */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedInUser"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a refresh token for the next pair of tokens
         * @description A refresh token works once. One that comes back a second time ends every session from that sign-in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        refresh_token: string;
                    };
                };
            };
            responses: {
                /** @description Names as in RFC 6749. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenAnswer"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `refresh-invalid`: The refresh token is unknown, expired or revoked; sign in again.
                 *
                 *     `refresh-reused`: The refresh token had been used before; every session from that sign-in was ended.
                 */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `account-disabled`: This account is disabled. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Cameras by name */
        get: {
            parameters: {
                query?: {
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CameraList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Add a camera
         * @description The address must be in a network that cameras are allowed in. User name and password are encrypted and never appear in an answer or a log.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewCamera"];
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Camera"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-name-taken`: Another camera has this name. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `camera-url-invalid`: The address of the camera cannot be read.
                 *
                 *     `camera-url-scheme`: Only rtsp:// and rtsps:// addresses are allowed.
                 *
                 *     `camera-url-forbidden`: The address is not in a network that cameras are allowed in.
                 *
                 *     `camera-host-unresolved`: The host name of the address has no address.
                 */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A camera */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Camera"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-not-found`: There is no such camera. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Remove a camera */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-not-found`: There is no such camera. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-in-use`: The camera takes part in an open session. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a camera
         * @description A new address drops the kept password unless one comes with it. Open sessions go on with what they started with.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CameraPatch"];
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Camera"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-not-found`: There is no such camera. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-name-taken`: Another camera has this name. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `camera-url-invalid`: The address of the camera cannot be read.
                 *
                 *     `camera-url-scheme`: Only rtsp:// and rtsps:// addresses are allowed.
                 *
                 *     `camera-url-forbidden`: The address is not in a network that cameras are allowed in.
                 *
                 *     `camera-host-unresolved`: The host name of the address has no address.
                 */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/cameras/{id}/probe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a camera */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Probe"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-not-found`: There is no such camera. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-no-picture`: The camera gave no picture; `details.reason` says why. */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `pipeline-busy`: The video workers are busy; try again in a few seconds.
                 *
                 *     `pipeline-unavailable`: No video worker is ready at the moment; try again in a few seconds.
                 *
                 *     `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds.
                 */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the camera sees now */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description JPEG */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": string;
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-not-found`: There is no such camera. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-no-picture`: The camera gave no picture; `details.reason` says why. */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `pipeline-busy`: The video workers are busy; try again in a few seconds.
                 *
                 *     `pipeline-unavailable`: No video worker is ready at the moment; try again in a few seconds.
                 *
                 *     `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds.
                 */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/probe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try an address
         * @description Opens the stream and reads one frame, in at most 12 s.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ProbeRequest"];
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Probe"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `camera-url-invalid`: The address of the camera cannot be read.
                 *
                 *     `camera-url-scheme`: Only rtsp:// and rtsps:// addresses are allowed.
                 *
                 *     `camera-url-forbidden`: The address is not in a network that cameras are allowed in.
                 *
                 *     `camera-host-unresolved`: The host name of the address has no address.
                 */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `camera-no-picture`: The camera gave no picture; `details.reason` says why. */
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `pipeline-busy`: The video workers are busy; try again in a few seconds.
                 *
                 *     `pipeline-unavailable`: No video worker is ready at the moment; try again in a few seconds.
                 *
                 *     `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds.
                 */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Courses, by code */
        get: {
            parameters: {
                query?: {
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Part of code or name. */
                    search?: string;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CourseList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /** Add a course */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewCourse"];
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Course"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-code-taken`: Another course of that semester has this code. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One course */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Course"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-not-found`: There is no such course. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Remove a course that has had no session */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-not-found`: There is no such course. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-has-sessions`: The course has class sessions; their attendance would be lost with it. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Change a course
         * @description Sessions that are open keep the rules that they opened with.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CoursePatch"];
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Course"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-not-found`: There is no such course. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-code-taken`: Another course of that semester has this code. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/courses/{id}/enrolments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Students enrolled in a course */
        get: {
            parameters: {
                query?: {
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StudentList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `course-not-found`: There is no such course. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /** Enrol students, all or none */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        studentIds: string[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["EnrolmentAnswer"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `course-not-found`: There is no such course.
                 *
                 *     `student-not-found`: There is no such student.
                 */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{id}/enrolments/{studentId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an enrolment */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The course. */
                    id: string;
                    /** @description The student. */
                    studentId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `enrolment-not-found`: The student is not enrolled in this course. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/receipts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Receipts of what was erased, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErasureReceiptList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** It is this student, or another one */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * Format: uuid
                         * @description Who it is instead of the one asked about.
                         */
                        studentId?: string;
                    } | null;
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Review"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `review-not-found`: There is no such question. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `review-settled`: The question has been answered already. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-enrolled`: The student is not enrolled in the course of this session. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/face": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The face that is asked about
         * @description In memory while the question is open, never stored.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description JPEG */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": string;
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `review-not-found`: There is no such question.
                 *
                 *     `review-face-gone`: The picture of the face is no longer at hand; it is never stored.
                 */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * It is not this student
         * @description The face is remembered as one that is not this student’s; the track is never given the name again.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Review"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `review-not-found`: There is no such question. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `review-settled`: The question has been answered already. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sessions, the newest first */
        get: {
            parameters: {
                query?: {
                    /** @description Only this course. */
                    courseId?: string;
                    limit?: number;
                    skip?: number;
                    status?: "open" | "closed";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ClassSessionList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Open a session
         * @description Freezes the institution’s policy and the course’s rules, makes a pending record for every student of the course and starts a stream for every camera. It closes by itself at `endsAt`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        cameraIds: string[];
                        /**
                         * Format: uuid
                         * @description The course.
                         */
                        courseId: string;
                        endsAt?: string | null;
                        /** Format: date-time */
                        startsAt?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ClassSession"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `course-not-found`: There is no such course.
                 *
                 *     `camera-not-found`: There is no such camera.
                 */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `camera-disabled`: The camera is switched off.
                 *
                 *     `camera-in-use`: The camera takes part in an open session.
                 *
                 *     `session-already-open`: The course has an open session already.
                 */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-times-invalid`: A session ends after its start and after now. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `pipeline-unavailable`: No video worker is ready at the moment; try again in a few seconds.
                 *
                 *     `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds.
                 */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A session */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ClassSession"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/attendance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The records of a session, by name */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    skip?: number;
                };
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AttendanceList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a session
         * @description Everybody who is still pending becomes absent. Closing twice changes nothing.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ClassSession"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/engagement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Engagement of a session
         * @description What was kept every 10 s. Attention is the share of judged frames with the head inside a cone round the seat’s own baseline and the eyes not closed; it says nothing without its coverage, and it is never an input to a grade. Formula, weights and limits of validity: docs/engagement.md.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionEngagement"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The live picture of a session
         * @description The same as the snapshot that a socket gets when it joins.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LiveSnapshot"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Questions to a person about faces */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReviewList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `session-not-found`: There is no such session. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/students": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Students, by name */
        get: {
            parameters: {
                query?: {
                    /** @description Only students enrolled in this course. */
                    courseId?: string;
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Words in name, number or e-mail; case and diacritics do not count. */
                    search?: string;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StudentList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /** Add a student */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewStudent"];
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Student"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-number-taken`: Another student has this number. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/students/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One student; a student only themselves */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Student"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Erase a student and everything kept about them
         * @description Attendance, engagement, templates, photos, consents and the account. A receipt stays.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        /** Change a student */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["StudentPatch"];
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Student"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-number-taken`: Another student has this number. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/students/{id}/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Record consent, or its withdrawal
         * @description Withdrawing consent to `face` erases templates, photos, open reviews and engagement samples at once; to `emotion` its history. Attendance stays. A student may do it for themselves.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        granted: boolean;
                        /** @enum {string} */
                        purpose: "face" | "emotion";
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ConsentAnswer"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/students/{id}/face": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Face templates of a student, without the faces */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FaceTemplates"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Enrol a student’s face from photos
         * @description multipart/form-data with one or more files in the field `photo`: snapshots and portraits, upright or rotated by EXIF. Needs the student’s consent to `face`. All photos are enrolled or none; a photo’s problem comes with its number in `details.photo`. What is kept of a photo is a small picture of the face, encrypted, without metadata.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FaceTemplates"];
                    };
                };
                /**
                 * @description `photo-missing`: The request has no file in the field "photo".
                 *
                 *     `invalid-request`: The request does not have the form that this route expects.
                 */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `consent-missing`: The student has not consented to face recognition.
                 *
                 *     `forbidden`: Your role does not allow this.
                 */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `too-many-templates`: The student has as many face templates as are useful; delete one first.
                 *
                 *     `face-of-another-student`: The face in the photo is already enrolled for another student.
                 */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `too-many-photos`: The request has more photos than allowed at once.
                 *
                 *     `photo-too-large`: The photo is larger than allowed, in bytes or in pixels.
                 */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `not-a-photo`: The file is not a photo that can be read: JPEG, PNG, WebP, AVIF, GIF and TIFF are.
                 *
                 *     `no-face`: There is no face in the photo.
                 *
                 *     `several-faces`: There are several faces in the photo; it must show the student alone.
                 *
                 *     `face-too-small`: The face in the photo is too small; come closer or use a larger photo.
                 *
                 *     `face-too-blurred`: The face in the photo is too blurred; hold still and use more light.
                 *
                 *     `face-turned-away`: The face in the photo is turned away; look at the camera.
                 */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `pipeline-busy`: The video workers are busy; try again in a few seconds.
                 *
                 *     `pipeline-unavailable`: No video worker is ready at the moment; try again in a few seconds.
                 *
                 *     `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds.
                 */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/students/{id}/face/{templateId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Erase one face template and its picture */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The student. */
                    id: string;
                    /** @description The template. */
                    templateId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Done. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /**
                 * @description `student-not-found`: There is no such student.
                 *
                 *     `template-not-found`: There is no such face template.
                 */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/students/{id}/face/{templateId}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The face that a template was made from */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The student. */
                    id: string;
                    /** @description The template. */
                    templateId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description JPEG */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": string;
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `template-not-found`: There is no such face template. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller’s institution */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Tenant"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Users of the institution */
        get: {
            parameters: {
                query?: {
                    /** @description Items to answer with, at most. */
                    limit?: number;
                    /** @description Items to leave out. */
                    skip?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserList"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        /** Add a user */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewUser"];
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["User"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `student-not-found`: There is no such student. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `email-taken`: Another user has this e-mail address. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `password-too-weak`: A password needs at least 10 characters and must not be the e-mail address. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a user
         * @description A new password or role, or switching the account off, ends the user’s sign-ins.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Id. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["UserPatch"];
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["User"];
                    };
                };
                /** @description `invalid-request`: The request does not have the form that this route expects. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `unauthenticated`: A valid access token is needed. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `forbidden`: Your role does not allow this. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `user-not-found`: There is no such user. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `last-admin`: The last active administrator of an institution cannot be removed. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `password-too-weak`: A password needs at least 10 characters and must not be the e-mail address. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `rate-limited`: Too many requests; try again later. */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `internal`: Something went wrong on the server. The request id finds it in the log. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description `database-unavailable`: The database cannot be reached at the moment; try again in a few seconds. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AttendanceList */
        AttendanceList: {
            items: components["schemas"]["AttendanceRecord"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** AttendanceRecord */
        AttendanceRecord: {
            confidence: number | null;
            correctedBy: string | null;
            firstSeenAt: string | null;
            /**
             * Format: uuid
             * @description The record.
             */
            id: string;
            lastSeenAt: string | null;
            method: "face" | "qr" | "manual" | "import" | null;
            note: string | null;
            /** @description Over all cameras, each second once. */
            secondsSeen: number;
            /**
             * Format: uuid
             * @description The class session.
             */
            sessionId: string;
            /** @description `pending` only while the session is open and nobody has decided. */
            status: "pending" | "present" | "late" | "excused" | "absent";
            /**
             * Format: uuid
             * @description The student.
             */
            studentId: string;
            studentName: string;
            studentNumber: string;
            /** @description Rises with every change of the decision. */
            version: number;
        };
        /** Camera */
        Camera: {
            enabled: boolean;
            /** @description A user name or password is kept, encrypted. */
            hasCredentials: boolean;
            /**
             * Format: uuid
             * @description The camera.
             */
            id: string;
            name: string;
            room: string | null;
            /** @description Frames a second, or the stream’s own keyframes (economy: about a third of the decoding cost). */
            sampling: {
                fps: number;
                /** @enum {string} */
                mode: "fps";
            } | {
                /** @enum {string} */
                mode: "keyframes";
            };
            /** @description State of its stream in an open session; null while it takes part in none. */
            status: string | null;
            /** @description Without user name and password. */
            url: string;
        };
        /** CameraList */
        CameraList: {
            items: components["schemas"]["Camera"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** CameraPatch */
        CameraPatch: {
            enabled?: boolean;
            name?: string;
            password?: string | null;
            room?: string | null;
            /** @description Frames a second, or the stream’s own keyframes (economy: about a third of the decoding cost). */
            sampling?: {
                fps: number;
                /** @enum {string} */
                mode: "fps";
            } | {
                /** @enum {string} */
                mode: "keyframes";
            };
            /** @description rtsp:// or rtsps://; user name and password in it are taken out and encrypted. */
            url?: string;
            username?: string | null;
        };
        /** ClassSession */
        ClassSession: {
            cameras: {
                /**
                 * Format: uuid
                 * @description The camera.
                 */
                cameraId: string;
                name: string;
                reason: string;
                state: "connecting" | "live" | "stalled" | "reconnecting" | "failed" | "ended";
                /**
                 * Format: uuid
                 * @description The camera’s part in this session.
                 */
                streamId: string;
            }[];
            closedAt: string | null;
            counts: {
                absent: number;
                excused: number;
                late: number;
                pending: number;
                present: number;
                /** @description Open questions to a person. */
                review: number;
            };
            course: {
                code: string;
                /**
                 * Format: uuid
                 * @description The course.
                 */
                id: string;
                name: string;
            };
            endsAt: string | null;
            /**
             * Format: uuid
             * @description The session.
             */
            id: string;
            /** Format: date-time */
            openedAt: string;
            /** @description The jurisdiction’s policy as it was when the session opened. */
            policy: {
                emotion: "off" | "class" | "individual";
                id: string;
                name: string;
            };
            /** Format: date-time */
            startsAt: string;
            status: "open" | "closed";
        };
        /** ClassSessionList */
        ClassSessionList: {
            items: components["schemas"]["ClassSession"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** ConsentAnswer */
        ConsentAnswer: {
            consents: {
                /** @description May have emotion inferred, where the policy allows it at all. */
                emotion: boolean;
                /** @description May be enrolled and recognised by face. */
                face: boolean;
            };
            /** @description Rows that a withdrawal removed, by table; empty otherwise. */
            erased: {
                [key: string]: number;
            };
        };
        /** Course */
        Course: {
            /** @description Unique in its semester. */
            code: string;
            /**
             * Format: uuid
             * @description The course.
             */
            id: string;
            name: string;
            rules: components["schemas"]["CourseRules"];
            semester: string | null;
            /** @description Students enrolled. */
            students: number;
        };
        /** CourseList */
        CourseList: {
            items: components["schemas"]["Course"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** CoursePatch */
        CoursePatch: {
            code?: string;
            name?: string;
            rules?: components["schemas"]["CourseRulesPatch"];
            semester?: string | null;
        };
        /** CourseRules */
        CourseRules: {
            /** @description Minutes at the end that leaving early does not count. */
            graceMinutes: number;
            /** @description First seen later than this after the start: late. */
            lateAfterMinutes: number;
            /** @description Seen for a smaller share of the session: absent. 0 switches the rule off. */
            minPresenceShare: number;
        };
        /** CourseRulesPatch */
        CourseRulesPatch: {
            /** @description Minutes at the end that leaving early does not count. */
            graceMinutes?: number;
            /** @description First seen later than this after the start: late. */
            lateAfterMinutes?: number;
            /** @description Seen for a smaller share of the session: absent. 0 switches the rule off. */
            minPresenceShare?: number;
        };
        /** EnrolmentAnswer */
        EnrolmentAnswer: {
            /** @description Students who were not enrolled before. */
            added: number;
            /** @description Students enrolled now. */
            total: number;
        };
        /** ErasureReceipt */
        ErasureReceipt: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: uuid
             * @description The receipt.
             */
            id: string;
            purpose: ("face" | "emotion") | null;
            /** @enum {string} */
            reason: "consent-withdrawn" | "student-deleted" | "template-deleted";
            /** @description Rows removed, by table. */
            removed: {
                [key: string]: number;
            };
            /**
             * Format: uuid
             * @description The student; there may be no such student any more.
             */
            studentId: string;
        };
        /** ErasureReceiptList */
        ErasureReceiptList: {
            items: components["schemas"]["ErasureReceipt"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /**
         * Error
         * @description `invalid-request`: The request does not have the form that this route expects.
         */
        Error: {
            error: {
                /** @description Stable; switch on it. */
                code: string;
                details?: {
                    [key: string]: unknown;
                };
                /** @description English, for developers. */
                message: string;
                /** @description Finds the request in the server’s log. */
                requestId: string;
            };
        };
        /** FaceTemplate */
        FaceTemplate: {
            /**
             * Format: date-time
             * @description When it was enrolled.
             */
            createdAt: string;
            /** @description Made by the model that runs now. One that is not is never matched: enrol a photo again. */
            current: boolean;
            /** @description Size of the face in the photo, pixels. */
            facePx: number;
            /**
             * Format: uuid
             * @description The template.
             */
            id: string;
            /** @description 0 to 1, from size, sharpness, pose and the detector’s score. */
            quality: number;
        };
        /** FaceTemplates */
        FaceTemplates: {
            templates: components["schemas"]["FaceTemplate"][];
        };
        /** LiveAlert */
        LiveAlert: {
            code: "database-unavailable" | "database-back" | "worker-restarted" | "token-expired";
            message: string;
            /** Format: uuid */
            sessionId?: string;
        };
        /** LiveClosed */
        LiveClosed: {
            /** Format: date-time */
            closedAt: string;
            /** Format: uuid */
            sessionId: string;
        };
        /** LiveFaces */
        LiveFaces: {
            /** @description Epoch milliseconds of the capture. */
            atMs: number;
            faces: {
                attentive: boolean | null;
                /** @description x, y, width, height; pixels. */
                box: number[];
                confidence: number;
                /** @description Only where the policy allows it for individuals and the student agreed. */
                emotion?: string;
                name: string | null;
                score: number;
                state: "pending" | "unknown" | "review" | "sure";
                studentId: string | null;
                trackId: number;
            }[];
            height: number;
            /** @description Number of the frame; faces and picture of one frame share it. */
            seq: number;
            /** Format: uuid */
            sessionId: string;
            /** Format: uuid */
            streamId: string;
            /** @description Pixels of the frame that boxes refer to. */
            width: number;
        };
        /** LiveJoin */
        LiveJoin: {
            /** Format: uuid */
            sessionId: string;
        };
        /** LivePicture */
        LivePicture: {
            /** @description Epoch milliseconds of the capture. */
            atMs: number;
            height: number;
            /** Format: binary */
            jpeg: string;
            /** @description Number of the frame; faces and picture of one frame share it. */
            seq: number;
            /** Format: uuid */
            sessionId: string;
            /** Format: uuid */
            streamId: string;
            /** @description Pixels of the frame that boxes refer to. */
            width: number;
        };
        /** LiveRecord */
        LiveRecord: {
            record: components["schemas"]["AttendanceRecord"];
        };
        /** LiveReview */
        LiveReview: {
            review: components["schemas"]["Review"];
        };
        /** LiveSnapshot */
        LiveSnapshot: {
            /** @description The last 10 minutes, a point for 10 s. */
            history: {
                atMs: number;
                attention: number | null;
                coverage: number;
            }[];
            metrics: components["schemas"]["SessionMetrics"] | null;
            reviews: components["schemas"]["Review"][];
            roster: {
                /** @description Enrolled with a face and consent: the camera can mark them. */
                hasFace: boolean;
                name: string;
                number: string;
                record: components["schemas"]["AttendanceRecord"] | null;
                /**
                 * Format: uuid
                 * @description The student.
                 */
                studentId: string;
            }[];
            /** @description How many decisions have been announced in this session. */
            seq: number;
            session: components["schemas"]["ClassSession"];
            streams: components["schemas"]["StreamStatus"][];
        };
        /** LiveWatch */
        LiveWatch: {
            /** Format: uuid */
            sessionId: string;
            streamId: string | null;
            width?: number;
        };
        /** NewCamera */
        NewCamera: {
            enabled?: boolean;
            name: string;
            password?: string | null;
            room?: string | null;
            /** @description Frames a second, or the stream’s own keyframes (economy: about a third of the decoding cost). */
            sampling?: {
                fps: number;
                /** @enum {string} */
                mode: "fps";
            } | {
                /** @enum {string} */
                mode: "keyframes";
            };
            /** @description rtsp:// or rtsps://; user name and password in it are taken out and encrypted. */
            url: string;
            username?: string | null;
        };
        /** NewCourse */
        NewCourse: {
            code: string;
            name: string;
            rules?: components["schemas"]["CourseRulesPatch"];
            semester?: string | null;
        };
        /** NewStudent */
        NewStudent: {
            /** @description Consent given already, on paper for instance; nothing is assumed. */
            consents?: {
                /** @description May have emotion inferred, where the policy allows it at all. */
                emotion?: boolean;
                /** @description May be enrolled and recognised by face. */
                face?: boolean;
            };
            email?: string | null;
            name: string;
            number: string;
        };
        /** NewUser */
        NewUser: {
            /** Format: email */
            email: string;
            locale?: string;
            name: string;
            /** Format: password */
            password: string;
            /** @enum {string} */
            role: "admin" | "teacher" | "student";
            /**
             * Format: uuid
             * @description Needed for the role `student`, refused for others.
             */
            studentId?: string;
        };
        /** Probe */
        Probe: {
            codec: string;
            fps: number | null;
            height: number;
            /** @description The first frame, JPEG as base64. */
            snapshot: string;
            width: number;
        };
        /** ProbeRequest */
        ProbeRequest: {
            password?: string | null;
            /** @description rtsp:// or rtsps://; user name and password in it are taken out and encrypted. */
            url: string;
            username?: string | null;
        };
        /** Review */
        Review: {
            /** Format: date-time */
            askedAt: string;
            confidence: number;
            /** @description Whether a picture of the face is at hand; it is never stored. */
            hasFace: boolean;
            /**
             * Format: uuid
             * @description The question.
             */
            id: string;
            /**
             * Format: uuid
             * @description The session.
             */
            sessionId: string;
            status: "open" | "confirmed" | "rejected" | "obsolete";
            /**
             * Format: uuid
             * @description The stream that the face was seen in.
             */
            streamId: string;
            /**
             * Format: uuid
             * @description Who it may be.
             */
            studentId: string;
            studentName: string;
            trackId: number;
        };
        /** ReviewList */
        ReviewList: {
            items: components["schemas"]["Review"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** SessionEngagement */
        SessionEngagement: {
            points: {
                /**
                 * Format: date-time
                 * @description Start of the bucket.
                 */
                at: string;
                attention: number | null;
                /** @description Mean share of frames in which the students who were seen could be judged. */
                coverage: number;
                lengthMs: number;
                /** @description Students seen in the bucket. */
                present: number;
            }[];
            /**
             * Format: uuid
             * @description The session.
             */
            sessionId: string;
            students: {
                attention: number | null;
                band: ("low" | "middle" | "high") | null;
                /** @description Share of the frames that could be judged. */
                coverage: number;
                eyesClosedShare: number | null;
                /** @description Share of the frames in which the student was seen. */
                presence: number;
                /**
                 * Format: uuid
                 * @description The student.
                 */
                studentId: string;
            }[];
        };
        /** SessionMetrics */
        SessionMetrics: {
            atMs: number;
            class: {
                attention: number | null;
                band: "low" | "middle" | "high" | null;
                coverage: number;
                /** @description Shares over the class; only where the policy allows it and five people and more are seen. */
                emotion?: {
                    [key: string]: number;
                };
                /** @description Students on the roster. */
                expected: number;
                /** @description Students seen in the last minute. */
                present: number;
            };
            /**
             * Format: uuid
             * @description The session.
             */
            sessionId: string;
            students: {
                attention: number | null;
                band: "low" | "middle" | "high" | null;
                coverage: number;
                eyesClosedShare: number | null;
                lastSeenAt: string | null;
                /**
                 * Format: uuid
                 * @description The student.
                 */
                studentId: string;
            }[];
        };
        /** SignedInUser */
        SignedInUser: {
            email: string;
            /**
             * Format: uuid
             * @description The user.
             */
            id: string;
            /** @description Language of the user, such as `tr`. */
            locale: string;
            name: string;
            /** @enum {string} */
            role: "sysadmin" | "admin" | "teacher" | "student";
            /**
             * Format: uuid
             * @description The institution.
             */
            tenantId: string;
        };
        /** StreamStatus */
        StreamStatus: {
            /**
             * Format: uuid
             * @description The camera.
             */
            cameraId: string;
            height: number | null;
            /** @description `full`, or what is left out because the CPU is short. */
            load: string;
            /** @description A stable code. */
            reason: string;
            retryAt: string | null;
            /**
             * Format: uuid
             * @description The session.
             */
            sessionId: string;
            /** Format: date-time */
            since: string;
            state: "connecting" | "live" | "stalled" | "reconnecting" | "failed" | "ended";
            /**
             * Format: uuid
             * @description The stream.
             */
            streamId: string;
            width: number | null;
        };
        /** Student */
        Student: {
            consents: {
                /** @description May have emotion inferred, where the policy allows it at all. */
                emotion: boolean;
                /** @description May be enrolled and recognised by face. */
                face: boolean;
            };
            email: string | null;
            /** @description Enrolment photos that the student is recognised by. */
            faceTemplates: number;
            /**
             * Format: uuid
             * @description The student.
             */
            id: string;
            name: string;
            /** @description The institution’s own number; unique in it. */
            number: string;
        };
        /** StudentList */
        StudentList: {
            items: components["schemas"]["Student"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** StudentPatch */
        StudentPatch: {
            email?: string | null;
            name?: string;
            number?: string;
        };
        /** Tenant */
        Tenant: {
            emotion: {
                /**
                 * @description What sessions opened from now on will do.
                 * @enum {string}
                 */
                mode: "off" | "class" | "individual";
                /** @description The law forbids it; nothing in the institution can change that. */
                prohibited: boolean;
            };
            /**
             * Format: uuid
             * @description The institution.
             */
            id: string;
            locale: string;
            name: string;
            /**
             * @description The jurisdiction’s policy; fixed for the institution.
             * @enum {string}
             */
            policy: "eu" | "tr" | "us" | "default";
            /** @description IANA name; local days are computed in it. */
            timezone: string;
        };
        /**
         * TokenAnswer
         * @description Names as in RFC 6749.
         */
        TokenAnswer: {
            /** @description Sent as `Authorization: Bearer …`. */
            access_token: string;
            /** @description Seconds that the access token is valid. */
            expires_in: number;
            /** @description Exchanged once for the next pair at /auth/refresh. */
            refresh_token: string;
            /** @enum {string} */
            token_type: "Bearer";
            user: components["schemas"]["SignedInUser"];
        };
        /** User */
        User: {
            /** @description An inactive user cannot sign in. */
            active: boolean;
            email: string;
            /**
             * Format: uuid
             * @description The user.
             */
            id: string;
            lastLoginAt: string | null;
            locale: string;
            name: string;
            /** @enum {string} */
            role: "sysadmin" | "admin" | "teacher" | "student";
            studentId: string | null;
        };
        /** UserList */
        UserList: {
            items: components["schemas"]["User"][];
            limit: number;
            skip: number;
            /** @description Items that match, over all pages. */
            total: number;
        };
        /** UserPatch */
        UserPatch: {
            active?: boolean;
            locale?: string;
            name?: string;
            /** Format: password */
            password?: string;
            /** @enum {string} */
            role?: "admin" | "teacher";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
