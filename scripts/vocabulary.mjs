/** The words that documents and comments avoid, for scripts/lint-text.mjs. CONTRIBUTING.md has the vocabulary. */

/** Openings of a doc comment that refer to something before it. */
export const OPENING = /^(The same\b|As\b|Of\b|So\b)/;

/** Folders that only the authors have, and the script that looks for them. */
export const PRIVATE = /\.\.\/shared\b|\/work\/(shared|main)/;
export const PRIVATE_EXCEPT = /^research\/shared\.mjs$/;

/** "where" that probably means "if"; counted, not refused. */
export const WHERE = /\bwhere (there|it|they|none|no|nothing|one|a|the)\b/i;

/**
 * `found` is refused in favour of `use`, except in the files `except` and on lines beside one that matches `beside`.
 */
export const VOCABULARY = [
  { found: /\bwhole numbers?\b|\bwhole ones\b/i, use: '"integer" or "16-bit integer"' },
  { found: /\bleft upper\b|\bupper left\b/i, use: '"top-left"' },
  { found: /\bright lower\b|\blower right\b/i, use: '"bottom-right"' },
  { found: /\bwhoever\b/i, use: '"user", "caller" or "code that"' },
  { found: /\bnobody\b/i, use: '"no face" or "no user"' },
  { found: /\beverybody\b/i, use: '"all faces"' },
  { found: /\bsomebody\b/i, use: '"a person", "a face" or "a user"' },
  { found: /\banchors?\b/i, use: '"landmark"', except: /^(www|tests\/demo|scripts)\// },
  { found: /\beye[- ]distances?\b/i, use: '"inter-pupil distance"' },
  { found: /\bcritics?\b/i, use: '"discriminator"', beside: /Wasserstein/ },
  { found: /\bfinder\b/i, use: '"detector"' },
  { found: /\bpointer network\b|\bthe pointer's?\b/i, use: '"refiner"', except: /^(www|tests\/demo)\// },
  { found: /\btrembl\w*/i, use: '"jitter"' },
  { found: /\bwearers?\b/i, use: '"people with glasses"' },
  { found: /\bbare (faces?|ones|heads?|people)\b/i, use: '"without glasses"' },
  { found: /\bstrangers?('s?)?\b/i, use: '"mismatched"' },
  { found: /\bpictures?\b/i, use: '"image" or "video frame"' },
  { found: /\bplayers?\b/i, use: '"trainer"' },
  { found: /\blegs?\b/i, use: '"phase"', except: /^crates\/(synth|portraits)\// },
  { found: /\bweights for use\b/i, use: '"shipped weights"' },
  { found: /\bcooked\b/i, use: '"re-rendered"' },
  { found: /\bby lot\b/i, use: '"at random"' },
  { found: /\bgives? (its|their|the) memory back\b/i, use: '"frees"' },
  { found: /\bgoes astray\b|\bwent astray\b|\bgo astray\b/i, use: '"diverges" or "fails"' },
];

/** Old names in code: what is counted, and in which files the word means something else. */
export const IDENTIFIERS = [
  ['anchor', /(?<![a-z])anchors?(?![a-z])|Anchors?(?![a-z])/g, /^(www|tests\/demo|pkg-templates|scripts|weights)\//],
  ['critic', /(?<![a-z])critics?(?![a-z])|Critics?(?![a-z])/g, /^scripts\//],
  ['finder', /(?<![a-z])finder(?![a-z])|Finder(?![a-z])/g],
  ['eye_distance', /eye_distances?|eyeDistances?/g],
  ['tremble', /(?<![a-z])trembl\w*|Trembl\w*/g],
  ['lag', /(?<![a-zA-Z])lag(?![a-zA-Z])|(?<![a-zA-Z])Lag(?![a-z])/g],
  ['wearers', /(?<![a-z])wearers?(?![a-z])|Wearers?(?![a-z])/g],
  ['bare', /(?<![a-zA-Z])bare(?![a-zA-Z])/g, /^examples\//],
  ['strangers', /(?<![a-z])strangers?(?![a-z])/g],
  ['references', /\breferences\b/g],
  ['picture', /(?<![a-z])pictures?(?![a-z])|Pictures?(?![a-z])/g],
  ['player', /(?<![a-z])players?(?![a-z])|Players?(?![a-z])/g],
  ['leg', /(?<![a-z])legs?(?![a-z])|(?<![A-Za-z])Legs?(?![a-z])/g, /^crates\/(synth|portraits)\//],
  ['steps', /(?<![a-zA-Z])(steps|MAX_STEPS)(?![a-zA-Z])/g],
];
