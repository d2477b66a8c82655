"""Which names of parameters mean which role.

A name that is added here is read from then on; one that could mean two things belongs nowhere.
"""

NAMES: dict[str, str] = {
    "images": r"x|xs|images?|imgs?|data|inputs?|features?|feats?|pictures?|pics?|photos?|frames"
    r"|image_?(data|array|arr|set|batch|list|stack|tensor)s?|img_?(data|array|arr|set|list)s?"
    r"|x_?(data|set|array|arr|in|all|values|input|samples|img|imgs|images)|input_?(data|images?|array)"
    r"|data_?(x|in|array|set)|examples?|observations?|pixels|arrays?|source|all_?(images|x)|tensors?"
    r"|(left|right)(_?(images?|imgs?|x))?|(x|images?|imgs?|inputs?)_?[12ab]|feature_?(array|matrix|data)s?"
    r"|input_?features|sample_?images|numpy_?images|xdata|ximages|covariates",
    "labels": r"y|ys|labels?|lbls?|lab|targets?|classes|annotations?|annots?|gt|truths?|ground_?truths?"
    r"|outputs?|categor(y|ies)|class_?(labels?|ids?|idx|indices)|y_?(data|set|array|arr|all|true|labels?|out"
    r"|values|cls)|label_?(data|array|arr|set|list|ids?)s?|target_?(data|array|arr)s?|data_?y|tags?|answers?"
    r"|all_?(labels|y)|responses?|expected|integer_?labels|int_?labels|t|ydata|ylabels|lbs",
    "onehot_labels": r"one_?hot(_?(labels?|targets?|y|classes))?|(labels?|y|targets?)_?(one_?hot|ohe|oh|cat"
    r"|categorical)|y_?cat|ohe|categorical_?(labels?|y|targets?)",
    "float_labels": r"angles?|steering(_?angles?)?|regression_?targets?|ages?|scores?|values?|y_?(float|reg)",
    "string_labels": r"(label|class)_?(strings?|strs?)|str(ing)?_?labels?|text_?labels?",
    "weights": r"w|ws|weights?|sample_?weights?|sw|sample_?w|wts?|importances?|w_?(set|data)",
    "table": r"table|tabular|meta(_?data)?|aux(iliary)?(_?(data|inputs?|features?|x))?|attributes?|x_?(tab|aux|meta"
    r"|table|num|numeric)|side_?(info|data)|numeric(al)?(_?(data|features?))?|extra(_?(inputs?|features?))?",
    "masks": r"masks?|segmentations?|segs?|msks?|(mask|seg|segmentation)_?(data|array|arr|images?|imgs?|maps?)s?|y_?masks?"
    r"|label_?maps|target_?masks?",
    "samples": r"samples|rows|lines|records?|entries|sample_?list|items|file_?label_?pairs|log_?lines|driving_?log",
    "pairs": r"pairs|image_?label_?pairs|tuples|xy(_?pairs)?|dataset",
    "paths": r"((input|in)_?)?(image|img|file|x)?_?(paths?|files?|file_?names?|filenames?|fnames?|file_?list|file_?paths?)(_?list)?"
    r"|x_?(paths|files)|image_?(path|file|name)s?(_?list)?|img_?names?|names|list_?(of_?)?(files|paths|images)"
    r"|(?!(csv|h5|hdf5|tfrecord|record|label|y|log|out|output|save|weight|config|json|te?xt)s?_)"
    r"[a-z]+_(paths|files|file_?names|filenames)",
    "ids": r"ids?|list_?ids?|id_?list|keys|indexes|image_?ids?|sample_?ids?|patient_?ids?|list_?ids?_?temp|uids?",
    "label_dict": r"(labels?|y|targets?|id|class)_?(dict|map|lookup|dictionary|by_?id)|id_?(to|2)_?labels?"
    r"|labels?_?of|label_?for",
    "directory": r"dir|directory|folder|root|root_?dir|data_?dir|data_?(path|folder|root|directory)|train_?dir"
    r"|dataset_?(dir|path|folder|root)|base_?(dir|path)|main_?dir|path_?to_?data|class_?dir|train_?(path|folder"
    r"|directory|data_?dir)|source_?dir|top_?dir|path|target_?directory|input_?(directory|folder)"
    r"|(?!(save|log|logs|cache|out|output|tmp|temp|model|checkpoint|ckpt|backup|export|results?|input|target|work)_)"
    r"[a-z]+_(dir|directory|folder)",
    "image_dir": r"(image|img|images|imgs|x)_?((dir|directory|folder|root)s?|path)|dir_?(images|imgs?)|photo_?dir",
    "mask_paths": r"((image|img)_?)?(mask|msk|seg|segmentation|gt|target_?mask|(target|label|annotation)(?=_?im))s?_?((image|img)s?_?)?"
    r"(paths?_?list|paths|files|file_?names|filenames|names|list|file_?list|file_?paths)",
    "mask_dir": r"(mask|masks|msk|segs?|segmentations?|label|annotation|gt)_?((image|img)s?_?)?(dir|directory|folder|path|root)s?"
    r"|dir_?(masks?|labels)|(image|img)s?_?masks?_?(dir|directory|folder|root)s?",
    "frame": r"df|dataframe|data_?frame|frame|train_?df|df_?(train|data)|meta_?df|pandas_?df|dataset_?df",
    "csv": r"csv|csv_?(file|path|name|filename|data|labels?)|train_?csv|path_?csv|annotations?_?file|labels?_?file"
    r"|(labels?|annotations?|metadata|meta|manifest|index)_?csv(_?(file|path))?|manifest(_?(file|path))?",
    "hdf5": r"h5|hdf5|hdf|(h5|hdf5|hdf)_?(file|path|filename|name)|path_?(h5|hdf5)|db_?path|dbpath",
    "n_classes": r"n_?class(es)?|num_?class(es)?|nb_?class(es)?|number_?of_?classes|class_?count|n_?labels|num_?labels"
    r"|classes_?num|n_?cls|num_?categories|nclass(es)?",
    "class_names": r"class_?names?|label_?names|class_?list|classes_?names|categories_?names|names_?of_?classes",
    "image_size": r"(image|img|target|input|resize|new|out(put)?)_?(size|dims?|hw)|size|resize(_?to)?|dims?|hw|im_?size"
    r"|resolution|target_?(size|dim)",
    "image_height": r"((image|img|input|target|resize|new|im|out|output)_?)?height|(image|img|input|target|im)_?(h|rows)",
    "image_width": r"((image|img|input|target|resize|new|im|out|output)_?)?width|(image|img|input|target|im)_?(w|cols|columns)",
    "n_channels": r"(n|num|nb|number_?of|image|img|input)_?(channels?|chan)|channels?",
    "image_shape": r"(image|img|input|target|x|sample)_?shape|shape|in_?shape",
    "batch_size": r"b|bs|batch|batch_?size|batchsize|bsz|batch_?sz|b_?size|n_?batch|n_?per_?batch|batch_?len|batch_?length"
    r"|mini_?batch(_?size)?|minibatch_?size|samples_?per_?batch|per_?batch|size_?of_?batch|batch_?n|batch_?dim|n_?samples_?per_?batch"
    r"|chunk(_?size)?|nb_?per_?batch|rows_?per_?batch|batch_?images|train_?batch_?size|global_?batch_?size|num_?per_?batch|nbatch|step_?size|images_?per_?batch|examples_?per_?batch",
    "shuffle": r"shuffle|shuffled|do_?shuffle|shuf|is_?shuffle|shuffle_?(data|samples|each_?epoch|every_?epoch|on|flag|indices|order)|random_?order"
    r"|randomi[sz]e|permute|with_?shuffle|should_?shuffle|use_?shuffle|reshuffle|mix|scramble|randomi[sz]e_?order",
    "augment": r"augment(ation)?s?|aug|do_?aug(ment(ation)?)?|is_?aug(mented)?|use_?aug(ment(ation)?)?|data_?aug(mentation)?"
    r"|train|training|is_?train(ing)?|with_?aug(mentation)?|augmented|apply_?aug(mentation)?|flip|random_?flip|augment_?(data|images|on)"
    r"|train_?mode|should_?augment|jitter|distort|enable_?aug(mentation)?|random_?aug(ment)?",
    "augmenter": r"augmenter|datagen|data_?gen(erator)?|aug_?(gen|fn|func|obj|pipeline)|img_?gen|image_?(data_?)?gen(erator)?"
    r"|transforms?|seq|augment(ation)?_?(fn|func|pipeline|object)|idg|generator|preprocessor|aug_?generator|tfms?|transformer|augmentor",
    "seed": r"seed|random_?(seed|state)|rng_?seed|rs|rand_?seed|seed_?value|np_?seed|random_?state",
    "rng": r"rng|random_?generator|rand|prng|random_?number_?generator|rnd|gen_?rng",
    "steps": r"steps|steps_?per_?epoch|n_?steps|num_?steps|batches_?per_?epoch|n_?batches|num_?batches|epoch_?len(gth)?|nb_?batches",
    "shard_index": r"shard(_?(index|id|idx))?|rank|worker(_?(id|index|idx))?|process_?(index|id)|replica_?id",
    "shard_count": r"(n|num|nb)_?(shards|workers|replicas|processes)|shard_?count|world_?size|worker_?count",
}
"""Role -> pattern of the parameter names that mean it, without ``train_``/``val_`` affixes."""
