# What was handed in, and what of it cannot be taken (grader/intake).

## Why nothing can be taken from a submission

nothing_taken = nothing could be taken from it: { $why }
is_a_link = { $file } is a link; hand in the files themselves
is_no_file = { $file } is neither a file nor a folder
archive_too_large = { $file } has { $bytes } bytes; { $allowed } are allowed
archive_unknown = { $file } cannot be read: hand in a .zip or a .tar.gz
archive_broken = { $file } cannot be read: { $message }
archive_encrypted = { $file } is encrypted in its archive: pack it without a password
ends_too_early = the archive ends too early; it was not uploaded whole
unpacks_too_large = the archive unpacks to more than { $allowed } bytes
too_many_pieces = the archive is compressed in more than { $allowed } pieces
too_many_files = there are more than { $allowed } files in it
too_many_names = there are more than { $allowed } files in it, or their names are far too long
too_many_folders = its folders are nested more than { $allowed } deep
member_too_large = a file in it has more than 8 GB
nothing_in_it = there is nothing in it
none_in_it = none of { $files } is in it

## Why the machine does not give a submission

unreadable = { $file } cannot be read: { $why }
inside = { $file }: { $why }
leads_nowhere = it is a link that leads nowhere
changes_meanwhile = it changes while it is read; grade it again once it is all there

## What is not taken of a submission

refused_link = refused: { $file } is a link or no regular file
refused_path = refused: { $file } lies outside of the folder
refused_name = refused: { $file } has a name that is too long or cannot be printed
refused_method = refused: { $file } is packed with another method than deflate
more_refused = and { $count } more refused
in_it_twice = { $file } is in it more than once; the last one counts
not_taken = { $file } has { $bytes } bytes; { $allowed } are allowed: it was not taken
not_in_it = { $file } is missing
ignored = not in lab.toml, ignored: { $file }
more_ignored = and { $count ->
    [one] { $count } more file
   *[other] { $count } more files
} ignored
manifest_unreadable = { $file } cannot be read
changed_after_packing = { $file } was changed after it was packed ({ $manifest } has another hash)
more_changed = and { $count ->
    [one] { $count } more file was
   *[other] { $count } more files were
} changed after packing

## Where submissions lie

newest_counts = { $count } submissions: { $name } is the newest and counts, not { $others }
names_alike = another submission's name differs only in case, or in how accents are encoded: is it one person? On a disk that does not tell the two names apart, one result replaces the other
submissions_no_folder = { $folder } is no folder: SUBMISSIONS=... names the folder that holds a folder or an archive for each student
submissions_unreadable = { $folder } cannot be read: { $reason }
no_submission = there is no submission in { $folder }: a folder or an archive (.zip, .tar.gz) for each student
