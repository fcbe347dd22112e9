/** Reads what a written message wants done. */

/** What a message may want. */
export type Intent =
  | 'create'
  | 'another'
  | 'same'
  | 'accept'
  | 'defaults'
  | 'retry'
  | 'decline'
  | 'cancel'
  | 'status'
  | 'list-resources'
  | 'list-kinds'
  | 'list-environments'
  | 'list-organizations'
  | 'describe-kind'
  | 'delete'
  | 'change'
  | 'help'
  | 'how-to'
  | 'greeting'
  | 'thanks'
  | 'question';

const noun =
  '(?:rds|databases?|dbs?(?!\\.)|instances?|postgres\\w{0,8}|pgsql|my ?sql|maria ?db|oracle|sql ?server|mssql|another|one)\\b';
const anyNoun = `(?:${noun}|(?:aurora|mongo|redis|dynamo|bucket|s3|ec2|vm|virtual machine|vpc|cluster|kubernetes|droplet|resource|queue|lambda|load balancer))`;
const near = '[^.?!\\n]{0,80}?';
const list = '(?:list|show|give|what|which|any|are there|do i have|do we have|see|find|search)\\b';

/** The phrasings of every intent. */
const phrasings: Readonly<Record<Intent, RegExp>> = {
  create: new RegExp(
    `\\b(?:create|provision|set ?up|spin ?up|launch|deploy|order|request|build|stand ?up|bring up)\\b(?:${near}\\b${anyNoun}|\\s(?:it|this|that|now|the)\\b|[.!]?$)|` +
      `\\b(?:need|want|wants|would like|i'd like|get|give|make|add|start|have)\\b(?:\\sto have|\\sme|\\sus)?\\s(?:an?|another|one|some|two|new)\\b${near}\\b${anyNoun}`,
    'i',
  ),
  another: /\b(?:another|a second|second one|one more|a new one|next one)\b/i,
  same: /\b(?:same|identical|like (?:it|that|this)|like the (?:first|last|other))\b/i,
  accept:
    /\b(?:yes|yep|yeah|yup|sure|ok|okay|go ahead|defaults?|proposals?|as proposed|proposed|suggest(?:ed|ions?)|sounds good|looks? good|fine|agreed|accept(?:ed)?|correct|perfect|do it|please do|go for it|you (?:choose|decide|pick)|approved?)\b/i,
  defaults:
    /\b(?:defaults?|proposals?|as proposed|your proposed|suggest(?:ed|ions?)|you (?:choose|decide|pick)|up to you)\b/i,
  retry:
    /\b(?:again|retry|go ahead|go on|proceed|continue|create it|do it|go for it|once more|try now|signed in|resume)\b/i,
  decline: /^\W{0,3}(?:no|nope|not yet|wait|hold on)\b/i,
  cancel:
    /\b(?:cancel|never ?mind|forget (?:it|about it|that|this)|abort|call it off|leave it|changed my mind)\b|\b(?:do not|don'?t|never)\s(?:\w{1,12}\s){0,2}(?:create|provision|launch|deploy|proceed|go ahead)\b|^\W{0,3}stop\W{0,3}$|^no,? (?:thanks|thank you)/i,
  status:
    /\b(?:state|status|progress)\b|\b(?:is|are)\b[^.?!\n]{1,80}\b(?:ready|available|up|done|finished|running|there)\b|\bready(?: yet)?\s?\?|^\W{0,3}how(?:'s| is| are)\b|\b(?:check on|look up|describe|where(?:'s| is| are))\b|\bshow(?: me)? (?:the |my )?["'`]?[a-z0-9]{1,40}[-_]\w/i,
  'list-resources': new RegExp(`\\b${list}[^.?!\\n]{0,60}\\b(?:resources|instances|databases|dbs)\\b`, 'i'),
  'list-kinds': /\bkinds\b|\bresource types\b|\bwhat kind\b|\bwhat can be created\b/i,
  'list-environments': new RegExp(
    `\\b${list}[^.?!\\n]{0,60}\\benvironments?\\b|^\\W{0,3}environments\\b`,
    'i',
  ),
  'list-organizations': new RegExp(
    `\\b${list}[^.?!\\n]{0,60}\\b(?:organi[sz]ations?|orgs?)\\b|^\\W{0,3}organi[sz]ations\\b`,
    'i',
  ),
  'describe-kind': /\bschema\b|\b(?:what|which)\b[^.?!\n]{0,40}\b(?:fields?|settings|options|parameters)\b/i,
  delete: /\b(?:delete|remove|drop|destroy|terminate|tear down|shut down|restart|reboot|stop)\s(?:\w|"|')/i,
  change:
    /\b(?:resize|scale|upgrade|downgrade|modify|change|update|rename|snapshot|restore|migrate|back ?up|make it|set it|increase|reduce|shrink|grow)\b/i,
  help: /\b(?:help|who are you|what are you|what is this|what can you|what do you do|how does this work|are you)\b|^\W{0,3}\?+\W{0,3}$/i,
  'how-to':
    /^\W{0,3}(?:how (?:do|can|would|should) (?:i|we|you)|(?:can|could) (?:i|we) (?:also )?(?:create|ask|use))\b/i,
  greeting:
    /^\W{0,3}(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|howdy|hallo|bonjour|hola|moin|ciao)\b/i,
  thanks:
    /^\W{0,3}(?:many )?(?:thanks|thank you|thx|cheers|great|perfect|bye|good bye|ok thanks|ok,? thank you)\b/i,
  question:
    /^(?:what(?! about)|why|who|how(?! about)|which|where|when|does|do you|is|are|should|explain|tell me)\b[^\n]{0,300}\?\s*$/i,
};

/** Gives every intent that a message shows; which one holds depends on the conversation. */
export function readIntents(text: string): ReadonlySet<Intent> {
  const plain = text.trim();
  const found = Object.entries(phrasings).filter(([, pattern]) => pattern.test(plain));
  return new Set(found.map(([intent]) => intent as Intent)); // Object.entries widens the keys of the record above
}

const token = '["\'`]?([a-z0-9][\\w-]{1,100})';
const subjectPatterns: readonly RegExp[] = [
  new RegExp(
    `\\b(?:state|status|progress)\\s(?:of|for)\\s(?:the\\s|my\\s)?(?:instance\\s|database\\s|db\\s|resource\\s)?${token}`,
    'i',
  ),
  new RegExp(
    `\\b(?:is|are|how is|check on|look up|describe|show(?: me)?)\\s(?:the\\s|my\\s)?(?:instance\\s|database\\s|db\\s|resource\\s)?${token}`,
    'i',
  ),
  new RegExp(`\\b${token}(?:'s)?\\s(?:state|status)\\b`, 'i'),
];
const noSubject = new Set(
  'a all an another any current database db do everything instance is it its last latest me my now of one ready request resource rds that the their them there this what your'.split(
    ' ',
  ),
);

/** Finds the name or id that a question about a state asks for; undefined when it says "it". */
export function readSubject(text: string): string | undefined {
  const words = subjectPatterns.map((pattern) => pattern.exec(text)?.[1]);
  return words.find((word) => word !== undefined && !noSubject.has(word.toLowerCase()));
}
