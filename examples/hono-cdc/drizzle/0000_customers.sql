CREATE TABLE "customers" (
	"id" integer PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"plan" text NOT NULL
);
--> statement-breakpoint
INSERT INTO "customers" VALUES (1, 'Ada', 'ada@example.com', 'free'), (2, 'Grace', 'grace@example.com', 'free');
